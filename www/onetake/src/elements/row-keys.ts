/** Keys in a row of which one is chosen: the arrows go round it, Home and End to its ends. */

/** Where a key leads from `at`, of `length`; nothing where it means something else. `down`: the arrows up and down lead too. */
export function stepTo({ key, ctrlKey, metaKey, altKey }: KeyboardEvent, at: number, length: number, down = true): number | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  const sideways: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: length - 1 };
  const next = sideways[key] ?? (down ? { ArrowUp: at - 1, ArrowDown: at + 1 }[key] : undefined);
  return next === undefined ? undefined : (next + length) % length;
}
