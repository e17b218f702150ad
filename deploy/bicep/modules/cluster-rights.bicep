// What the cluster's identity may do: join machines to the network, put the load balancer behind our addresses, give machines their identity.

param virtualNetwork string
param machinesIdentity string
param clusterPrincipalId string

@description('The object id that the pipeline signs in as; it deploys into the cluster.')
param pipelinePrincipalId string

var networkContributor = '4d97b98b-1d4f-4787-a291-c67834d212e7'
var managedIdentityOperator = 'f1a07417-d97a-45cb-824c-7a7467783830'
var clusterAdmin = 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b'

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = { name: virtualNetwork }
resource machines 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = { name: machinesIdentity }

resource join 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(network.id, clusterPrincipalId, networkContributor)
  scope: network
  properties: {
    principalId: clusterPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', networkContributor)
  }
}

// The public addresses are in this group: the load balancer reads and joins them.
resource addresses 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, clusterPrincipalId, networkContributor)
  properties: {
    principalId: clusterPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', networkContributor)
  }
}

resource hand 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(machines.id, clusterPrincipalId, managedIdentityOperator)
  scope: machines
  properties: {
    principalId: clusterPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', managedIdentityOperator)
  }
}

resource deploy 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, pipelinePrincipalId, clusterAdmin)
  properties: {
    principalId: pipelinePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', clusterAdmin)
  }
}
