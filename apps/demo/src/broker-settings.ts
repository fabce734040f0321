// How the demo's own broker differs from a default one, so that its stories end soon. A cluster that is not ours keeps its own settings.
export const DEMO_BROKER: Readonly<Record<string, string | number | boolean>> = {
  // Ask about undecided transactions after a second; default: 6 s, looked at every 30 s.
  transactionTimeOut: 1000,
  transactionCheckInterval: 500,
  // Filters on properties; off by default, as Apache's.
  enablePropertyFilter: true,
};
