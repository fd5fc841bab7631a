// Files that a person attaches, as the sandbox takes them.

const MAX_FILE_BYTES = 10 * 2 ** 20;

/** What is wrong with a file, in a sentence; null if nothing is. */
export function problemOf(file) {
  return file.size > MAX_FILE_BYTES ? `${file.name} is larger than 10 MiB.` : null;
}

/** A file with its content in base64. */
export async function encoded(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return { name: file.name, content: btoa(text) };
}
