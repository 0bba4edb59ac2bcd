import { expect, test } from '@jest/globals'
import { createTeams } from './teams.ts'

const agents = (teams: ReturnType<typeof createTeams>, team: string) => [...teams.agentsOf(team)].sort()

test('an agent is its current version\'s team\'s, whatever the order in which versions were read', () => {
  const teams = createTeams()
  teams.put('crm@2', { name: 'crm', ownerTeam: 'finance' }, 9)
  teams.put('crm@1', { name: 'crm', ownerTeam: 'sales' }, 3)
  teams.put('bot@1', { name: 'bot', ownerTeam: 'sales' }, 4)
  expect([agents(teams, 'sales'), agents(teams, 'finance'), agents(teams, 'nobody')]).toEqual([['bot'], ['crm'], []])
})

test('without its current version it is the one before\'s; without any it is nobody\'s', () => {
  const teams = createTeams()
  teams.put('crm@1', { name: 'crm', ownerTeam: 'sales' }, 3)
  teams.put('crm@2', { name: 'crm', ownerTeam: 'finance' }, 9)
  teams.remove('crm@2')
  expect([agents(teams, 'sales'), agents(teams, 'finance')]).toEqual([['crm'], []])
  teams.remove('crm@1')
  expect(agents(teams, 'sales')).toEqual([])
})
