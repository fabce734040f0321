// The shop's four applications by name. Each is loaded when it is asked for, so that a process of one application holds nothing of the others.
import type { DynamicModule, LogLevel } from '@nestjs/common';
import { APPLICATIONS, type ApplicationName } from './contracts.js';

interface ApplicationModule {
  connectedTo(nameServer: string): DynamicModule;
}

const MODULES: Readonly<Record<ApplicationName, () => Promise<ApplicationModule>>> = {
  orders: async () => (await import('./orders/orders.module.js')).OrdersModule,
  stock: async () => (await import('./stock/stock.module.js')).StockModule,
  payments: async () => (await import('./payments/payments.module.js')).PaymentsModule,
  notifications: async () => (await import('./notifications/notifications.module.js')).NotificationsModule,
};

/** Quiet: what the shop's listeners throw on purpose would otherwise fill the screen. */
export const LOG_LEVELS: LogLevel[] = ['error', 'fatal'];

export const isApplication = (name: string | undefined): name is ApplicationName => APPLICATIONS.includes(name as ApplicationName);

export async function loadApplication(name: ApplicationName, nameServer: string): Promise<DynamicModule> {
  return (await MODULES[name]()).connectedTo(nameServer);
}
