// The machines of a cluster pull images.

param registry string
param principalId string

var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'

resource images 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = { name: registry }

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(images.id, principalId, acrPull)
  scope: images
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
  }
}
