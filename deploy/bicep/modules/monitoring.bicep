// Logs and metrics of a region, and what wakes somebody.

@description('The beginning of all names.')
param name string

param location string

@description('Days that logs are kept.')
param logDays int

@description('Where alerts are sent.')
param alertEmail string

@description('The object id that the pipeline signs in as; its health gate reads metrics.')
param pipelinePrincipalId string

var monitoringDataReader = 'b0d8363b-8ddd-447d-831f-62ca05bff136'

// The rules are those of deploy/prometheus, written once for any Prometheus.
var groups = loadYamlContent('../../prometheus/alerts.yml').groups

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: name
  location: location
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: logDays
  }
}

resource metrics 'Microsoft.Monitor/accounts@2023-04-03' = {
  name: name
  location: location
}

resource read 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(metrics.id, pipelinePrincipalId, monitoringDataReader)
  scope: metrics
  properties: {
    principalId: pipelinePrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringDataReader)
  }
}

resource collection 'Microsoft.Insights/dataCollectionEndpoints@2023-03-11' = {
  name: '${name}-metrics'
  location: location
  kind: 'Linux'
  properties: {}
}

resource prometheus 'Microsoft.Insights/dataCollectionRules@2023-03-11' = {
  name: '${name}-prometheus'
  location: location
  kind: 'Linux'
  properties: {
    dataCollectionEndpointId: collection.id
    dataSources: {
      prometheusForwarder: [{ name: 'pods', streams: ['Microsoft-PrometheusMetrics'], labelIncludeFilter: {} }]
    }
    destinations: {
      monitoringAccounts: [{ name: 'workspace', accountResourceId: metrics.id }]
    }
    dataFlows: [{ streams: ['Microsoft-PrometheusMetrics'], destinations: ['workspace'] }]
  }
}

resource containers 'Microsoft.Insights/dataCollectionRules@2023-03-11' = {
  name: '${name}-containers'
  location: location
  kind: 'Linux'
  properties: {
    dataSources: {
      extensions: [
        {
          name: 'ContainerInsightsExtension'
          extensionName: 'ContainerInsights'
          streams: ['Microsoft-ContainerLogV2', 'Microsoft-KubeEvents', 'Microsoft-KubePodInventory']
          extensionSettings: {
            dataCollectionSettings: {
              interval: '1m'
              namespaceFilteringMode: 'Include'
              namespaces: ['ecstream']
              enableContainerLogV2: true
            }
          }
        }
      ]
    }
    destinations: {
      logAnalytics: [{ name: 'workspace', workspaceResourceId: logs.id }]
    }
    dataFlows: [
      {
        streams: ['Microsoft-ContainerLogV2', 'Microsoft-KubeEvents', 'Microsoft-KubePodInventory']
        destinations: ['workspace']
      }
    ]
  }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  properties: {
    groupShortName: take(name, 12)
    enabled: true
    emailReceivers: [{ name: 'operators', emailAddress: alertEmail, useCommonAlertSchema: true }]
  }
}

resource alerts 'Microsoft.AlertsManagement/prometheusRuleGroups@2023-03-01' = [
  for group in groups: {
    name: '${name}-${group.name}'
    location: location
    properties: {
      enabled: true
      scopes: [metrics.id]
      interval: 'PT1M'
      rules: [
        for rule in group.rules: {
          alert: rule.alert
          expression: rule.expr
          for: 'PT${toUpper(rule.for)}'
          severity: rule.labels.severity == 'page' ? 1 : 3
          labels: rule.labels
          annotations: rule.annotations
          actions: [{ actionGroupId: people.id }]
        }
      ]
    }
  }
]

output logsId string = logs.id
output metricsId string = metrics.id
output metricsQueryEndpoint string = metrics.properties.metrics.prometheusQueryEndpoint
output prometheusRuleId string = prometheus.id
output containersRuleId string = containers.id
