// What one pull found, as the application sees it [java PullResult]. Values only.
import type { MessageExt } from '../../message/index.js';
import type { PullStatus } from '../consumer/pull-answer.js';

export interface PullResult {
  readonly pullStatus: PullStatus;
  /** Where to pull next. */
  readonly nextBeginOffset: number;
  readonly minOffset: number;
  readonly maxOffset: number;
  readonly msgFoundList: MessageExt[];
}
