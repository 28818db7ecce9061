// Read simulations as a JSON list from standard input, and print the result of each request.
import { text } from 'node:stream/consumers'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const answers = []
for (const simulation of JSON.parse(await text(process.stdin))) {
  const answer = await runSimulation(simulation, {})
  answers.push(answer.overallResult ?? JSON.stringify(answer))
}
console.log(JSON.stringify(answers))
