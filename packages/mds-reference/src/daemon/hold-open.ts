/**
 * Keeps the process from ending for want of work, while all that is awaited comes from threads that do not hold it open themselves.
 *
 * @returns a function that ends it
 */
export function holdOpen(): () => void {
  const timer = setInterval(() => undefined, 2 ** 30);
  return () => clearInterval(timer);
}
