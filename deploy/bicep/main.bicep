// The grid on Azure: what all regions share, and each region. docs/adr/0011 says why it is so, docs/runbook.md how it is used.

import { region, size } from 'types.bicep'

targetScope = 'subscription'

@description('The beginning of all names.')
@minLength(3)
@maxLength(16)
param name string = 'ecstream'

@description('The regions. The first has the store of policy and the registry.')
@minLength(2)
param regions region[]

@description('How big each region is.')
param sizes size

@description('The version of Kubernetes, 1.35 or later: see modules/cluster.bicep.')
param kubernetesVersion string = '1.35'

@description('The namespace of the manifests.')
param namespace string = 'ecstream'

@description('The port of the listener.')
param listenerPort int = 1825

@description('The port of the listener for sessions that other regions pass on.')
param fallbackPort int = 1826

@description('The zone of the names of those listeners.')
param fallbackZone string = 'ecstream.internal'

@description('Who may reach the listener: addresses, blocks or service tags. Who may inject is for the Peer scopes to say.')
@minLength(1)
param injectors string[]

@description('Where operators and the pipeline work: who may reach the API of Kubernetes over the public network; empty means whoever can sign in.')
param operatorRanges string[]

@description('The object id of the group of operators.')
param operatorsGroupId string

@description('The object id of the service principal that the pipeline signs in as.')
param pipelinePrincipalId string

@description('Where alerts are sent.')
param alertEmail string

resource sharedGroup 'Microsoft.Resources/resourceGroups@2024-07-01' = {
  name: '${name}-shared'
  location: regions[0].location
}

resource regionGroups 'Microsoft.Resources/resourceGroups@2024-07-01' = [
  for site in regions: {
    name: '${name}-${site.location}'
    location: site.location
  }
]

// GZRS: synchronous over the zones of the first region, and a copy in the paired one for its loss (docs/runbook.md).
module policy 'modules/tables.bicep' = {
  scope: sharedGroup
  params: {
    account: 'ecspolicy${uniqueString(sharedGroup.id)}'
    location: regions[0].location
    redundancy: 'Standard_GZRS'
  }
}

module registry 'modules/registry.bicep' = {
  scope: sharedGroup
  params: {
    registry: '${replace(name, '-', '')}${uniqueString(sharedGroup.id)}'
    location: regions[0].location
    copies: map(skip(regions, 1), site => site.location)
    pipelinePrincipalId: pipelinePrincipalId
  }
}

module sites 'modules/region.bicep' = [
  for (site, i) in regions: {
    name: 'region-${site.location}'
    scope: regionGroups[i]
    params: {
      name: '${name}-${site.location}'
      site: site
      sizes: sizes
      kubernetesVersion: kubernetesVersion
      injectors: injectors
      listenerPort: listenerPort
      fallbackPort: fallbackPort
      fallbackZone: fallbackZone
      neighbours: map(filter(regions, other => other.location != site.location), other => other.network)
      namespace: namespace
      operatorsGroupId: operatorsGroupId
      pipelinePrincipalId: pipelinePrincipalId
      alertEmail: alertEmail
      operatorRanges: operatorRanges
      policyId: policy.outputs.id
      registryId: registry.outputs.id
    }
  }
]

// A peering begins at both ends, when both networks are there.
module neighbours 'modules/neighbours.bicep' = [
  for (site, i) in regions: {
    name: 'neighbours-${site.location}'
    scope: regionGroups[i]
    params: {
      network: '${name}-${site.location}'
      others: map(filter(regions, other => other.location != site.location), other => {
        name: other.location
        id: resourceId(
          subscription().subscriptionId,
          '${name}-${other.location}',
          'Microsoft.Network/virtualNetworks',
          '${name}-${other.location}'
        )
      })
    }
    dependsOn: [sites]
  }
]

module fallbackNames 'modules/fallback-names.bicep' = {
  scope: sharedGroup
  params: {
    zone: fallbackZone
    sites: [
      for (site, i) in regions: {
        location: site.location
        address: sites[i].outputs.fallbackAddress
        virtualNetworkId: sites[i].outputs.virtualNetworkId
      }
    ]
  }
}

module policyAccess 'modules/tables-access.bicep' = [
  for (site, i) in regions: {
    name: 'policy-${site.location}'
    scope: sharedGroup
    params: { account: policy.outputs.name, principalIds: [sites[i].outputs.siloPrincipalId] }
  }
]

module registryAccess 'modules/registry-access.bicep' = [
  for (site, i) in regions: {
    name: 'registry-${site.location}'
    scope: sharedGroup
    params: { registry: registry.outputs.name, principalId: sites[i].outputs.machinesPrincipalId }
  }
]

module traffic 'modules/traffic.bicep' = {
  scope: sharedGroup
  params: {
    name: name
    listenerPort: listenerPort
    ingressIds: [for (site, i) in regions: sites[i].outputs.ingressId]
  }
}

module grafana 'modules/grafana.bicep' = {
  scope: sharedGroup
  params: {
    name: '${take(name, 16)}-${take(uniqueString(sharedGroup.id), 6)}'
    location: regions[0].location
    metricsIds: [for (site, i) in regions: sites[i].outputs.metricsId]
    operatorsGroupId: operatorsGroupId
    pipelinePrincipalId: pipelinePrincipalId
  }
}

module metricsAccess 'modules/metrics-access.bicep' = [
  for (site, i) in regions: {
    name: 'metrics-${site.location}'
    scope: regionGroups[i]
    params: { workspace: last(split(sites[i].outputs.metricsId, '/')), principalId: grafana.outputs.principalId }
  }
]

@description('Where images are pushed to.')
output registry string = registry.outputs.loginServer

@description('The store of policy.')
output policyUri string = policy.outputs.serviceUri

@description('The tenant that identities and tokens are of.')
output tenantId string = tenant().tenantId

@description('Where the dashboard is imported to.')
output grafana string = grafana.outputs.name

@description('The name that injectors connect to.')
output listenerName string = traffic.outputs.fqdn

@description('A value a region; deploy/kubernetes/values.sh reads it.')
output regions object[] = [for (site, i) in regions: sites[i].outputs.values]
