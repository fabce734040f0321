// The door of the name server as a package: what another program needs to run it in its own process.
export { NamesrvModule, type NamesrvOverrides } from './namesrv.module.js';
export { NamesrvLifecycle } from './lifecycle/namesrv-lifecycle.js';
export { RouteQueries } from './route-info/route-queries.js';
export { NAMESRV_CONFIG, type NamesrvConfig } from './config/namesrv-config.js';
