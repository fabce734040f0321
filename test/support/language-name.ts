// Language names by number, as Java prints them, for comparing with recorded frames. Must never be used by the product.

const NAMES = ['JAVA', 'CPP', 'DOTNET', 'PYTHON', 'DELPHI', 'ERLANG', 'RUBY', 'OTHER', 'HTTP', 'GO', 'PHP', 'OMS', 'RUST', 'NODE_JS'];

export function languageName(code: number): string {
  return NAMES[code] ?? String(code);
}
