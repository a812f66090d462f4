/**
 * Three projects, told apart by where a test file is and how it is named:
 *
 * - `gpu`: files named `*.gpu.test.ts`, wherever they are. They need an adapter, run one
 *   after another in forked processes, and fail (never skip) where there is none.
 * - `shaders`: test/shaders. Dawn's null backend compiles every WGSL text; no GPU needed.
 * - `unit`: every other `*.test.ts` under test/. Pure, in parallel.
 *
 * src/shaders.ts is regenerated from shaders/ before anything runs, and test/setup/setup.ts
 * fixes fast-check's seed and number of runs.
 */
import { defineConfig } from 'vitest/config'

const shared = {
  globalSetup: ['./scripts/embed-shaders.mjs'],
  setupFiles: ['./test/setup/setup.ts']
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.gpu.test.ts', 'test/shaders/**'],
          testTimeout: 60_000,
          sequence: { groupOrder: 0 }
        }
      },
      {
        test: {
          ...shared,
          name: 'shaders',
          include: ['test/shaders/**/*.test.ts'],
          exclude: ['test/**/*.gpu.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          sequence: { groupOrder: 1 }
        }
      },
      {
        test: {
          ...shared,
          name: 'gpu',
          include: ['test/**/*.gpu.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 2 }
        }
      }
    ]
  }
})
