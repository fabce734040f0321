// Names the namespace in every request instead of in every name [java NamespaceRpcHook]: for clusters whose server side resolves it.
import type { RemotingCommand } from '../protocol/index.js';
import type { RpcHook } from '../remoting/index.js';

export class NamespaceV2Hook implements RpcHook {
  private readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  beforeRequest(_address: string, command: RemotingCommand): void {
    const fields = (command.extFields ??= new Map<string, string>());
    fields.set('nsd', 'true');
    fields.set('ns', this.namespace);
  }
}
