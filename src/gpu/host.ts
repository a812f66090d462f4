/** Where this runs: Node has files and Dawn, a page has neither. */

/** Is this Node? */
export const inNode = (): boolean => (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined
