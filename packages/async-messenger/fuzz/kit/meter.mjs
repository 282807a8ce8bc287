// What is allocated in bytes: every typed array and Buffer passes here.

const meter = { largest: 0, total: 0 };

function count(bytes) {
  meter.total += bytes;
  if (bytes > meter.largest) meter.largest = bytes;
}

/** Counts for as long as `action` takes. @returns {Promise<{ largest: number, total: number }>} */
export async function metered(action) {
  const { Uint8Array: Bytes, ArrayBuffer: Memory } = globalThis;
  const { alloc, allocUnsafe, allocUnsafeSlow } = Buffer;
  const counting = (constructor) =>
    new Proxy(constructor, {
      construct(target, args, newTarget) {
        if (typeof args[0] === 'number') count(args[0]);
        return Reflect.construct(target, args, newTarget);
      },
    });
  const through =
    (allocate) =>
    (length, ...rest) => {
      count(length);
      return allocate.call(Buffer, length, ...rest);
    };
  Object.assign(meter, { largest: 0, total: 0 });
  Object.assign(globalThis, { Uint8Array: counting(Bytes), ArrayBuffer: counting(Memory) });
  Object.assign(Buffer, {
    alloc: through(alloc),
    allocUnsafe: through(allocUnsafe),
    allocUnsafeSlow: through(allocUnsafeSlow),
  });
  try {
    await action();
  } finally {
    Object.assign(globalThis, { Uint8Array: Bytes, ArrayBuffer: Memory });
    Object.assign(Buffer, { alloc, allocUnsafe, allocUnsafeSlow });
  }
  return { ...meter };
}
