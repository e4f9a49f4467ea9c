/** Text that the store can hold and look for: NUL and halves of surrogate pairs become replacement characters. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}

/** A pattern for `like` that finds the text anywhere. */
export function containing(text: string): string {
  return `%${storable(text).replace(/[\\%_]/g, '\\$&')}%`;
}
