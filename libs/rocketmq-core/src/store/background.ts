// What runs beside the data plane: units to their files, the checkpoint, the next log file, the lock's sign of life, retention.
// Must never block the loop for longer than one small file operation, nor hide an error from the store.
import type { Timer } from '../common/index.js';
import type { DiskLock } from './disk/disk.js';
import { Cleaner } from './retention/cleaner.js';
import type { StoreLayers } from './store-layers.js';

/** `flushConsumeQueueThoroughInterval`. */
const THOROUGH_FLUSH_MS = 60_000;
const CHECKPOINT_MS = 1000;
/** `cleanResourceInterval` and the delay before its first run. */
const CLEAN_MS = 10_000;
const CLEAN_FIRST_MS = 60_000;

export interface BackgroundPorts {
  layers: StoreLayers;
  lock: DiskLock;
  /** Store time of the newest dispatched message. */
  newestDispatched(): number;
  onDiskFull(isFull: boolean): void;
  onFailure(error: unknown): void;
}

export class Background {
  readonly cleaner: Cleaner;
  private readonly ports: BackgroundPorts;
  private timers: Timer[] = [];
  private nextFile: Timer | undefined;
  private running: Promise<void> = Promise.resolve();
  private isBusy = false;
  private lastThoroughAtMs = 0;

  constructor(ports: BackgroundPorts) {
    this.ports = ports;
    this.cleaner = new Cleaner(ports.layers, (isFull) => ports.onDiskFull(isFull));
  }

  start(): void {
    const { layers, lock } = this.ports;
    const { clock } = layers.options;
    this.lastThoroughAtMs = clock.monotonic();
    this.cleaner.lookAtDisk();
    layers.log.onNewFile = (start) => this.prepareNext(start);
    this.timers = [
      clock.setPeriodic(() => this.guard(() => this.writeQueues()), layers.config.flushIntervalConsumeQueue),
      clock.setPeriodic(() => this.run(() => this.flushState(lock)), CHECKPOINT_MS),
      clock.setPeriodic(() => this.guard(() => this.cleaner.run()), CLEAN_MS, CLEAN_FIRST_MS),
    ];
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) timer.cancel();
    this.timers = [];
    this.nextFile?.cancel();
    this.ports.layers.log.onNewFile = () => {};
    await this.running;
  }

  /** Makes the consume queues durable and says so in the checkpoint. */
  async flushQueues(): Promise<void> {
    const { layers } = this.ports;
    const newest = this.ports.newestDispatched();
    await layers.queues.flush();
    if (newest > 0) layers.checkpoint.setQueues(newest);
  }

  private writeQueues(): void {
    this.ports.layers.queues.writeOut();
  }

  private async flushState(lock: DiskLock): Promise<void> {
    const { layers } = this.ports;
    const now = layers.options.clock.monotonic();
    lock.refresh();
    if (now - this.lastThoroughAtMs >= THOROUGH_FLUSH_MS) {
      this.lastThoroughAtMs = now;
      await this.flushQueues();
    }
    await layers.checkpoint.write();
  }

  /** A file in use has its successor ready, so that no message waits for one [java AllocateMappedFileService]. */
  private prepareNext(start: number): void {
    const { log, options } = this.ports.layers;
    this.nextFile?.cancel();
    this.nextFile = options.clock.setTimer(() => {
      const next = start + log.series.fileSize;
      if (log.series.has(next) || log.series.end !== next) return;
      try {
        log.series.create(next);
      } catch (error) {
        // Not needed yet: when it is, stage() tries again and says so.
        options.logger.warn('next log file not prepared', { path: log.series.pathOf(next), error: String(error) });
      }
    }, 0);
  }

  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.ports.onFailure(error);
    }
  }

  /** One at a time; a run that is due while one is on its way is left out. */
  private run(task: () => Promise<void>): void {
    if (this.isBusy) return;
    this.isBusy = true;
    this.running = task()
      .catch((error: unknown) => this.ports.onFailure(error))
      .finally(() => {
        this.isBusy = false;
      });
  }
}
