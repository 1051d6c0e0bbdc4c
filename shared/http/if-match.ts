/** What a request expects of what it changes: versions of it, any version (null) or, without `mustExist`, nothing. */
export interface Expected {
  mustExist: boolean;
  versions: number[] | null;
}

/** As the database has versions: an int. */
const STRONG_TAG = /^"(\d{1,9})"$/;

export const etagOf = (version: number): string => `"${version}"`;

/** The header If-Match (RFC 9110, section 13.1.1). A tag that is weak, or none of ours, matches no version. */
export function expectedBy(ifMatch: string | undefined): Expected {
  if (ifMatch === undefined) return { mustExist: false, versions: null };
  if (ifMatch.trim() === '*') return { mustExist: true, versions: null };
  const versions = ifMatch.split(',').flatMap((tag) => {
    const [, digits] = STRONG_TAG.exec(tag.trim()) ?? [];
    return digits === undefined ? [] : [Number(digits)];
  });
  return { mustExist: true, versions };
}
