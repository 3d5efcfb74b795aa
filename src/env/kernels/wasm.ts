/** WebAssembly modules that are carried as text. */

/** What is used of the host's WebAssembly. */
interface WasmHost {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const compiled = new Map<string, object>();

function host(): WasmHost {
  const { WebAssembly: found } = globalThis as { readonly WebAssembly?: WasmHost };
  if (found === undefined) throw new Error("no WebAssembly here");
  return found;
}

/** The module that a base64 text holds, compiled once. Throws where the host has no WebAssembly or refuses to compile it here. */
export function compileModule(text: string): object {
  let module = compiled.get(text);
  if (module === undefined) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    compiled.set(text, (module = new (host().Module)(bytes)));
  }
  return module;
}

/** A new instance of a module that imports nothing. */
export function instantiate<Exports>(module: object): Exports {
  return new (host().Instance)(module).exports as Exports;
}
