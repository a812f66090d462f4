// Fits the small network in a process of its own and prints the SHA-256 of what it learnt.
// Arguments: steps, steps per submit.
import { createHash } from 'node:crypto'
import * as gelato from '../../dist/index.js'
import { images, net, plan } from './net.mjs'

const [steps, stepsPerSubmit] = process.argv.slice(2).map(Number)
const approx = await gelato.orThrow(gelato.fit(net(gelato), { data: images(42), ...plan(gelato), steps, stepsPerSubmit }))
const h = createHash('sha256')
const { state } = approx.data
for (const name of Object.keys(state).sort()) h.update(name).update(new Uint8Array(state[name].data.buffer, state[name].data.byteOffset, state[name].data.byteLength))
process.stdout.write(JSON.stringify({ bits: h.digest('hex') }))
