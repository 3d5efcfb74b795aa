/** How much memory a piece of work takes: for tests of what a hostile file can make us allocate. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const counted = ["Uint8Array", "Uint16Array", "Uint32Array", "Float64Array", "ArrayBuffer"] as const;

type Constructor = new (...args: never[]) => { readonly byteLength: number };

/** Counts the bytes of typed arrays from now on. @returns what ends the counting and gives the sum */
function countTypedArrays(): () => number {
  let bytes = 0;
  const globals = globalThis as unknown as Record<string, Constructor>;
  const originals = counted.map((name) => [name, globals[name]!] as const);
  for (const [name, original] of originals) {
    globals[name] = new Proxy(original, {
      construct(target, args, newTarget) {
        const made = Reflect.construct(target, args, newTarget) as { readonly byteLength: number };
        // A view of memory that is there already costs nothing; that of WebAssembly kernels is of a fixed size, whatever files claim.
        if (!ArrayBuffer.isView(made) || made.buffer !== args[0]) bytes += made.byteLength;
        return made;
      },
    });
  }
  return () => {
    for (const [name, original] of originals) globals[name] = original;
    return bytes;
  };
}

/** Runs `work` and returns the bytes of all typed arrays it made with `new` or `from`, used or not; views of memory that was there are none. */
export function typedArrayBytes(work: () => void): number {
  const end = countTypedArrays();
  try {
    work();
  } finally {
    end();
  }
  return end();
}

/** {@link typedArrayBytes} for work that takes its time; nothing else may run meanwhile. */
export async function typedArrayBytesDuring(work: () => Promise<void>): Promise<number> {
  const end = countTypedArrays();
  try {
    await work();
  } finally {
    end();
  }
  return end();
}

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Runs `work` and returns by how many bytes the heap and the array buffers have grown, what `work` left behind included. */
export function heapGrowth(work: () => void): number {
  // Garbage from before, collected while the work runs, would make it look modest.
  collectGarbage();
  const used = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  work();
  return used() - before;
}
