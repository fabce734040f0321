// The spec files rows point to, as functions of a test's title. Only names: whether the test exists is checked when the page is written.

const lib = 'libs/nest-rocketmq/src';
const of = (file) => (title) => [file, title];

export const settings = of(`${lib}/module/client-settings.spec.ts`);
export const connection = of(`${lib}/module/rocketmq-connection.spec.ts`);
export const explorer = of(`${lib}/module/listener-explorer.spec.ts`);
export const validation = of(`${lib}/listener/listener-options.validation.spec.ts`);
export const handler = of(`${lib}/listener/message-handler.spec.ts`);
export const batch = of(`${lib}/listener/batch-handler.spec.ts`);
export const container = of(`${lib}/listener/listener-container.spec.ts`);
export const moduleOptions = of(`${lib}/options/module-options.validation.spec.ts`);
export const security = of(`${lib}/options/security-options.spec.ts`);
export const inherit = of(`${lib}/options/inherit-options.spec.ts`);
export const placeholders = of(`${lib}/options/placeholders.spec.ts`);
export const groups = of(`${lib}/listener/group-conflicts.spec.ts`);
export const methods = of(`${lib}/listener/handler-methods.validation.spec.ts`);
export const definer = of(`${lib}/module/listener-definer.spec.ts`);
export const reliability = of('test/e2e/nest-reliability.spec.ts');
export const testing = of('test/e2e/nest-testing.spec.ts');
export const transport = of('test/e2e/microservices.spec.ts');
export const reader = of(`${lib}/messaging/payload-reader.spec.ts`);
export const template = of(`${lib}/template/rocketmq-template.spec.ts`);
export const forms = of(`${lib}/template/send-forms.spec.ts`);
export const accessors = of(`${lib}/template/template-settings.spec.ts`);
export const transactions = of(`${lib}/transaction/transaction-definition.spec.ts`);
export const interceptors = of(`${lib}/module/interceptor-explorer.spec.ts`);
export const nest = of('test/e2e/nest-module.spec.ts');
export const wire = of('test/e2e/spring-wire.spec.ts');
export const connections = of('test/e2e/nest-connections.spec.ts');
export const nestTransactions = of('test/integration/nest-transactions.spec.ts');
export const nestOrderly = of('test/integration/client-orderly-nest.spec.ts');
export const orderly = of('test/integration/client-orderly.spec.ts');
export const litePull = of('test/integration/client-lite-pull.spec.ts');
export const requests = of('test/integration/request-reply.spec.ts');
export const trace = of('test/integration/message-trace.spec.ts');
export const spring = of('test/interop/spring.spec.ts');
