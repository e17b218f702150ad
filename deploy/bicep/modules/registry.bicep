// One registry of images for all regions, with a copy in each: a region that is alone can still start pods.

@description('The name of the registry, 5 to 50 letters and digits.')
@minLength(5)
@maxLength(50)
param registry string

param location string

@description('The other regions.')
param copies string[]

@description('The object id that the pipeline signs in as; it pushes.')
param pipelinePrincipalId string

var acrPush = '8311e382-0749-4cb8-b61a-304f252e45ec'

resource images 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: registry
  location: location
  sku: { name: 'Premium' }
  properties: {
    adminUserEnabled: false
    zoneRedundancy: 'Enabled'
    // The pipeline's machines are Microsoft's and push over the public network, by role; the clusters pull by private endpoints.
    publicNetworkAccess: 'Enabled'
    policies: { retentionPolicy: { days: 30, status: 'enabled' } }
  }
}

resource replicas 'Microsoft.ContainerRegistry/registries/replications@2023-07-01' = [
  for copy in copies: {
    name: copy
    parent: images
    location: copy
    properties: { zoneRedundancy: 'Enabled' }
  }
]

resource push 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(images.id, pipelinePrincipalId, acrPush)
  scope: images
  properties: {
    principalId: pipelinePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPush)
  }
}

output id string = images.id
output name string = images.name
output loginServer string = images.properties.loginServer
