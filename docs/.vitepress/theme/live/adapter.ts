/** Why there is no WebGPU here, in a sentence; undefined where it is, with an adapter behind it. */
export const whyNoGpu = async (): Promise<string | undefined> => {
  const { gpu } = navigator as Navigator & { readonly gpu?: { readonly requestAdapter: () => Promise<object | null> } }
  return gpu === undefined ? 'This browser has no WebGPU.'
    : (await gpu.requestAdapter().catch(() => null)) === null ? 'This browser has WebGPU, but no adapter answers: its graphics acceleration may be off.'
      : undefined
}
