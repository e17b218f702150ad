// Grafana over the metrics of all regions.

param name string
param location string

@description('The workspaces of metrics.')
param metricsIds string[]

param operatorsGroupId string

@description('The object id that the pipeline signs in as; it imports the dashboard.')
param pipelinePrincipalId string

var grafanaAdmin = '22926164-76b3-42b3-bc55-97df8dab3e41'
var grafanaEditor = 'a79a5197-3a5c-4973-a920-486035ffd60f'

resource grafana 'Microsoft.Dashboard/grafana@2023-09-01' = {
  name: name
  location: location
  sku: { name: 'Standard' }
  identity: { type: 'SystemAssigned' }
  properties: {
    zoneRedundancy: 'Enabled'
    grafanaIntegrations: {
      azureMonitorWorkspaceIntegrations: [for metricsId in metricsIds: { azureMonitorWorkspaceResourceId: metricsId }]
    }
  }
}

resource operators 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(grafana.id, operatorsGroupId, grafanaAdmin)
  scope: grafana
  properties: {
    principalId: operatorsGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grafanaAdmin)
  }
}

resource pipeline 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(grafana.id, pipelinePrincipalId, grafanaEditor)
  scope: grafana
  properties: {
    principalId: pipelinePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grafanaEditor)
  }
}

output name string = grafana.name
output principalId string = grafana.identity.principalId
