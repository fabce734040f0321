export type PeerVersion = '4.9.7' | '5.5.0';
/** Jars of a client application. */
export type SpringPeer = 'spring-2.3.5';
export type HeaderForm = 'JSON' | 'ROCKETMQ';

export interface JavaOptions {
  home?: string | undefined;
  heap?: string | undefined;
  serializeType?: HeaderForm | undefined;
  classPath?: string | undefined;
  javaOptions?: readonly string[] | undefined;
  shortLived?: boolean | undefined;
}

export interface JavaCommand {
  command: string;
  args: string[];
}

export const PEER_VERSIONS: readonly PeerVersion[];
export const SPRING_PEER: SpringPeer;
export function peersHome(): string;
export function peerHome(version: PeerVersion | SpringPeer): string;
export function classPathOf(version: PeerVersion | SpringPeer): string;
export function isFetched(version: PeerVersion | SpringPeer): boolean;
export function missingForPeers(versions?: ReadonlyArray<PeerVersion | SpringPeer>): string[];
export function fetchPeer(version: PeerVersion | SpringPeer): boolean;
export function prepareHome(home: string): void;
export function mainCommand(
  version: PeerVersion | SpringPeer,
  mainClass: string,
  args?: readonly string[],
  options?: JavaOptions,
): JavaCommand;
export function serverCommand(
  version: PeerVersion,
  what: 'namesrv' | 'broker' | 'admin',
  args?: readonly string[],
  options?: JavaOptions,
): JavaCommand;
