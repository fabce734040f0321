// The frame as a value: what the command codec reads and writes and the dispatcher sees. Knows no request by name.

export type SerializeType = 'JSON' | 'ROCKETMQ';

/** Flag bit 0: this is a response. */
export const FLAG_RESPONSE = 1;
/** Flag bit 1: no answer expected. */
export const FLAG_ONEWAY = 2;

/** MQVersion ordinal of V5_5_0, sent by us as client and server [java MQVersion]. */
export const CURRENT_VERSION = 513;

/** LanguageCode number of JAVA: the only one every peer understands [java LanguageCode]. */
export const LANGUAGE_JAVA = 0;

export interface RemotingCommand {
  /** Request code, or response code when FLAG_RESPONSE is set. */
  code: number;
  /** LanguageCode number; -1 when the peer sent one we do not know. */
  language: number;
  version: number;
  /** Signed 32-bit correlation id; echoed by the response. */
  opaque: number;
  flag: number;
  remark: string | undefined;
  /** Absent and empty are different on the wire; both occur. */
  extFields: Map<string, string> | undefined;
  body: Uint8Array | undefined;
  /** How the header was, or is to be, written. */
  serializeType: SerializeType;
}
