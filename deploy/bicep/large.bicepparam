// Nine silos and six edges a region, on machines whose disks carry what the spool can write. docs/runbook.md has its figures and cost.
using 'main.bicep'

param regions = [
  { location: 'westeurope', network: '10.40.0.0/16' }
  { location: 'northeurope', network: '10.41.0.0/16' }
]

param sizes = {
  system: { vmSize: 'Standard_D4ds_v5', minCount: 3, maxCount: 6 }
  silos: { vmSize: 'Standard_E8bds_v5', minCount: 3, maxCount: 4 }
  edges: { vmSize: 'Standard_D8ds_v5', minCount: 6, maxCount: 10 }
  logDays: 90
}

param injectors = ['Internet']
param operatorRanges = []

// Of the tenant: the pipeline sets them from its variables.
param operatorsGroupId = readEnvironmentVariable('OPERATORS_GROUP_ID', '00000000-0000-0000-0000-000000000000')
param pipelinePrincipalId = readEnvironmentVariable('PIPELINE_PRINCIPAL_ID', '00000000-0000-0000-0000-000000000000')
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', 'operators@example.com')
