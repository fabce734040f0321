// The door of the folder: what loads optional packages at run time. Must never import one.
export { type LoadedPackage, loadPeer } from './load-peer.js';
