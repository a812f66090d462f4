/** Whether this browser has WebGPU, and an adapter behind it. */
export const hasWebGpu = async (): Promise<boolean> => {
  const { gpu } = navigator as Navigator & { readonly gpu?: { readonly requestAdapter: () => Promise<object | null> } }
  return gpu !== undefined && (await gpu.requestAdapter().catch(() => null)) !== null
}
