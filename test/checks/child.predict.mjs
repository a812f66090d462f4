// Reads an approximation in a process of its own, without the training data, predicts and
// prints what came out. Argument: the path of the files.
import { createHash } from 'node:crypto'
import { Approximation, orThrow, predict } from '../../dist/index.js'
import { images } from './net.mjs'

const approx = await orThrow(Approximation.load(process.argv[2]))
const post = await orThrow(predict(approx, { x: images(9).x }, { samples: 6, seed: 4 }))
const h = createHash('sha256')
for (const f of [post.meanPlugIn, post.predictiveMean, post.variance, post.votes]) h.update(new Uint8Array(f.data.buffer, f.data.byteOffset, f.data.byteLength))
process.stdout.write(JSON.stringify({ bits: h.digest('hex'), sites: approx.model.sites.map((s) => s.name), steps: approx.history.loss.length }))
