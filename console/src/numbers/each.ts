/** One after the other, so that many do not fill the server's limit at once: what failed, with why. `told` hears how many are done. */
export async function each<Item>(items: readonly Item[], act: (item: Item) => Promise<unknown>, told: (done: number) => void): Promise<{ item: Item; why: string }[]> {
  const failed: { item: Item; why: string }[] = [];
  for (const [at, item] of items.entries()) {
    try {
      await act(item);
    } catch (error) {
      failed.push({ item, why: error instanceof Error ? error.message : String(error) });
    }
    told(at + 1);
  }
  return failed;
}
