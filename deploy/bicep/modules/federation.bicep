// Lets the service accounts of a cluster sign in as the programs' identities. No secret is involved.

@description('The beginning of the identities\' names.')
param name string

@description('Who issues the tokens of the cluster\'s service accounts.')
param issuer string

@description('Where the service accounts are.')
param namespace string

var programs = ['silo', 'edge', 'ecgrid']

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = [
  for program in programs: { name: '${name}-${program}' }
]

resource credentials 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31' = [
  for (program, i) in programs: {
    name: 'kubernetes'
    parent: identities[i]
    properties: {
      issuer: issuer
      subject: 'system:serviceaccount:${namespace}:${program}'
      audiences: ['api://AzureADTokenExchange']
    }
  }
]
