/** Does something with each item, so many at a time. */
export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  job: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const rest = items.entries();
  const lane = async () => {
    for (const [index, item] of rest) await job(item, index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
