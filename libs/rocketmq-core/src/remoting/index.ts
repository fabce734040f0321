export type {
  Connection,
  DefaultSerializeType,
  FrameView,
  Handler,
  Held,
  HoldToken,
  HotPath,
  InvokeOptions,
  LaneLimits,
  Lanes,
  Outbox,
  RemotingClient,
  RemotingServer,
  Reply,
  RpcHook,
  RpcResponse,
  ServedRequest,
  ServerListenOptions,
} from './remoting-types.js';
export { decodeCommand, encodeCommand, FRAME_BYTES_MAX, HEADER_BYTES_MAX } from './command-codec.js';
export { FrameDecoder, type FrameLimits } from './frame-decoder.js';
export { languageName } from './language-code.js';
export { LANE_DEFAULTS } from './lane-defaults.js';
export { NodeNetwork } from './node-network.js';
export { createRemotingClient, type RemotingClientOptions, splitAddress } from './remoting-client.js';
export { createRemotingServer, type RemotingServerOptions } from './remoting-server.js';
