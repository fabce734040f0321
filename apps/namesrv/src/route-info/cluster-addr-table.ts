// clusterAddrTable: which broker names form a cluster. Must never know addresses.

export class ClusterAddrTable {
  private readonly clusters = new Map<string, Set<string>>();

  add(cluster: string, brokerName: string): void {
    const names = this.clusters.get(cluster);
    if (names === undefined) this.clusters.set(cluster, new Set([brokerName]));
    else names.add(brokerName);
  }

  /** Takes the name out of every cluster: it may have registered under more than one. */
  remove(brokerName: string): void {
    for (const [cluster, names] of this.clusters) if (names.delete(brokerName) && names.size === 0) this.clusters.delete(cluster);
  }

  brokerNames(cluster: string): ReadonlySet<string> | undefined {
    return this.clusters.get(cluster);
  }

  all(): IterableIterator<[string, ReadonlySet<string>]> {
    return this.clusters.entries();
  }
}
