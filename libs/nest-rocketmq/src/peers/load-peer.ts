// Loads a package that applications install only when they use what needs it. Must never name such a package itself, nor hide that one is
// there and broken.

/** The names a package exports. */
export type LoadedPackage = Record<string, unknown>;

/**
 * What the package exports, or undefined when it is not installed. Every other fault of loading it is thrown as it is.
 *
 * CommonJS asks by `require`: a Jest test in CommonJS refuses `import()`, and `require` gives the copy that the application has.
 */
export async function loadPeer(specifier: string): Promise<LoadedPackage | undefined> {
  try {
    const loaded = await load(specifier);
    // A CommonJS package may show its names only on `default`.
    return { ...(loaded.default as LoadedPackage | undefined), ...loaded };
  } catch (error) {
    if (isMissing(error, specifier)) return undefined;
    throw error;
  }
}

async function load(specifier: string): Promise<LoadedPackage> {
  if (typeof require !== 'function') return (await import(specifier)) as LoadedPackage;
  try {
    return require(specifier) as LoadedPackage;
  } catch (error) {
    // Before Node 20.19, and for a module that waits at its top level.
    const code = codeOf(error);
    if (code === 'ERR_REQUIRE_ESM' || code === 'ERR_REQUIRE_ASYNC_MODULE') return (await import(specifier)) as LoadedPackage;
    throw error;
  }
}

/** By shape: under Jest the error is of another realm, and `instanceof Error` is false. */
const textOf = (error: unknown, name: 'code' | 'message'): string => String((error as Record<string, unknown> | null)?.[name] ?? '');
const codeOf = (error: unknown): string => textOf(error, 'code');

/** Only the package asked for counts: one of its own dependencies may be missing too, and that is a fault. */
function isMissing(error: unknown, specifier: string): boolean {
  return codeOf(error).endsWith('MODULE_NOT_FOUND') && textOf(error, 'message').includes(`'${specifier}'`);
}
