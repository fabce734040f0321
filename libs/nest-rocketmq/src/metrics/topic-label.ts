// The label `topic`, with a limit: a program that makes topic names up must not fill the memory of who collects metrics.

/** Topics that get a label of their own; the others share `other`. */
const TOPICS_MAX = 1000;

export class TopicLabel {
  private readonly known = new Set<string>();

  of(topic: string): string {
    if (this.known.has(topic)) return topic;
    if (this.known.size >= TOPICS_MAX) return 'other';
    this.known.add(topic);
    return topic;
  }
}
