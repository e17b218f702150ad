// The identities of a region: one a program, one for the cluster, one for its machines.

@description('The beginning of all names.')
param name string

param location string

resource programs 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = [
  for program in ['silo', 'edge', 'ecgrid']: {
    name: '${name}-${program}'
    location: location
  }
]

resource cluster 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-cluster'
  location: location
}

resource machines 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-machines'
  location: location
}

output siloClientId string = programs[0].properties.clientId
output siloPrincipalId string = programs[0].properties.principalId
output edgeClientId string = programs[1].properties.clientId
output edgePrincipalId string = programs[1].properties.principalId
output ecgridClientId string = programs[2].properties.clientId
output ecgridPrincipalId string = programs[2].properties.principalId
output clusterId string = cluster.id
output clusterPrincipalId string = cluster.properties.principalId
output machinesId string = machines.id
output machinesClientId string = machines.properties.clientId
output machinesPrincipalId string = machines.properties.principalId
