// The part of the Standard Schema contract that validation needs (zod, valibot, arktype and others implement it). Must never need one of them.

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: ReadonlyArray<{
        readonly message: string;
        readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
      }>;
    };

export type SchemaOutput<S> = S extends StandardSchema<infer _Input, infer Output> ? Output : never;

export function isStandardSchema(value: unknown): value is StandardSchema {
  // arktype's schemas are functions, the others objects.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value)) return false;
  const standard: unknown = value['~standard'];
  return typeof standard === 'object' && standard !== null && 'validate' in standard && typeof standard.validate === 'function';
}

/** `path: message` for each issue. */
export function schemaIssues(result: StandardResult<unknown>): string[] {
  return (result.issues ?? []).map(({ message, path }) => {
    const at = path?.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
    return at ? `${at}: ${message}` : message;
  });
}
