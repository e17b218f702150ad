// Grafana reads the metrics of a region.

param workspace string
param principalId string

var monitoringDataReader = 'b0d8363b-8ddd-447d-831f-62ca05bff136'

resource metrics 'Microsoft.Monitor/accounts@2023-04-03' existing = { name: workspace }

resource read 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(metrics.id, principalId, monitoringDataReader)
  scope: metrics
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringDataReader)
  }
}
