// Reads simulations as a JSON list from standard input and prints what each request is answered with.
import { text } from 'node:stream/consumers'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const answers = []
for (const simulation of JSON.parse(await text(process.stdin))) {
  const answer = await runSimulation(simulation, {})
  answers.push(answer.overallResult ?? JSON.stringify(answer))
}
console.log(JSON.stringify(answers))
