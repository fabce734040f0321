// The payload of one delivery, read once for interceptors and handler, and the memory of its failure. Must never read what nobody asks for.
import type { MessageExt } from 'rocketmq-core/message';
import type { PayloadReader } from '../messaging/index.js';
import type { Verdict } from './consume-interceptor.js';
import type { Verdicts } from './verdicts.js';

export class DeliveryReading {
  private reading: Promise<unknown> | undefined;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly verdicts: Verdicts,
    private readonly method: string,
    private readonly message: MessageExt,
    /** Absent: there is no handler, the payload is the message. */
    private readonly read: PayloadReader | undefined,
  ) {}

  payload(): Promise<unknown> {
    return (this.reading ??= this.start());
  }

  /** An error from reading goes by `invalidMessage`, whoever let it through. */
  judge(error: unknown): Verdict {
    const fromReading = this.failure !== undefined && this.failure.error === error;
    return fromReading
      ? this.verdicts.ofInvalid(this.message, this.method, error)
      : this.verdicts.ofThrown(this.message, this.method, error);
  }

  private async start(): Promise<unknown> {
    try {
      return this.read === undefined ? this.message : await this.read(this.message);
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}
