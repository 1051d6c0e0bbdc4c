/** The same text with no user and no password in its URLs: for what is shown, and for clients that bring their own. */
export function withoutUser(text: string): string {
  return text.replace(/(?<=:\/\/)[^@/?#\s"]*@/g, '');
}

/** The same text with no password in its URLs. */
export function withoutPassword(text: string): string {
  return text.replace(/(?<=:\/\/[^@/?#\s":]*):[^@/?#\s"]*(?=@)/g, '');
}
