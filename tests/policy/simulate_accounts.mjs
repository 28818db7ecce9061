// Read probes and users as JSON from standard input, and print the result of each probe for each user. Unless all probes
// are requested for a user, the first denial is the last result.
import { text } from 'node:stream/consumers'
import { runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

const { probes, users } = JSON.parse(await text(process.stdin))
const answers = []
for (const user of users) {
  const found = []
  for (const [action, resource] of probes) {
    const simulation = {
      request: {
        principal: 'arn:aws:iam::123456789012:user/ada',
        action,
        resource: { resource, accountId: '123456789012' },
        contextVariables: {
          'aws:username': 'ada',
          'aws:PrincipalAccount': '123456789012',
          'aws:ResourceAccount': '123456789012'
        }
      },
      identityPolicies: user.policies.map((policy, number) => ({ name: `p${number}`, policy })),
      permissionBoundaryPolicies: user.boundary ? [{ name: 'boundary', policy: user.boundary }] : undefined,
      serviceControlPolicies: [],
      resourceControlPolicies: []
    }
    // The first answer is given by the call that checks the policies too.
    const answer = found.length === 0
      ? await runSimulation(simulation, {})
      : { overallResult: runUnsafeSimulation(simulation, {}) }
    found.push(answer.overallResult ?? JSON.stringify(answer))
    if (!user.every && found.at(-1) !== 'Allowed') break
  }
  answers.push(found)
}
console.log(JSON.stringify(answers))
