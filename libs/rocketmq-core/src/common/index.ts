export { type Clock, type Timer, sleep } from './clock.js';
export { SystemClock } from './system-clock.js';
export { ManualClock } from './manual-clock.js';
export { type Logger, silentLogger } from './logger.js';
export { type Random, SystemRandom, SeededRandom } from './random.js';
export { type ConnectOptions, type Listener, type ListenOptions, type Network, type SocketChannel } from './network.js';
export { LoopTurn, TURN_PHASES, type Turn, type TurnPhase } from './turn.js';
