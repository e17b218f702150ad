// All of one region.

import { region, size } from '../types.bicep'

@description('The beginning of all names.')
param name string

param site region
param sizes size
param kubernetesVersion string
param injectors string[]
param listenerPort int
param fallbackPort int
param fallbackZone string

@description('The networks of the other regions.')
param neighbours string[]

param namespace string
param operatorsGroupId string
param pipelinePrincipalId string
param alertEmail string
param operatorRanges string[]

@description('The store of policy, one for all regions.')
param policyId string

@description('The registry of images, one for all regions.')
param registryId string

var location = site.location
var short = take(uniqueString(resourceGroup().id), 6)

module network 'network.bicep' = {
  params: {
    name: name
    location: location
    network: site.network
    injectors: injectors
    listenerPort: listenerPort
    fallbackPort: fallbackPort
    neighbours: neighbours
  }
}

module identities 'identities.bicep' = {
  params: { name: name, location: location }
}

module monitoring 'monitoring.bicep' = {
  params: {
    name: name
    location: location
    logDays: sizes.logDays
    alertEmail: alertEmail
    pipelinePrincipalId: pipelinePrincipalId
  }
}

module membership 'tables.bicep' = {
  params: { account: 'ecsmember${uniqueString(resourceGroup().id)}', location: location, redundancy: 'Standard_ZRS' }
}

module membershipAccess 'tables-access.bicep' = {
  params: {
    account: membership.outputs.name
    principalIds: [identities.outputs.siloPrincipalId, identities.outputs.edgePrincipalId]
  }
}

module vault 'vault.bicep' = {
  params: {
    vault: 'ecs-${take(location, 12)}-${short}'
    location: location
    readerIds: [identities.outputs.siloPrincipalId, identities.outputs.edgePrincipalId, identities.outputs.ecgridPrincipalId]
    operatorsGroupId: operatorsGroupId
    operatorRanges: operatorRanges
    logsId: monitoring.outputs.logsId
  }
}

module tableNames 'names.bicep' = {
  params: { zone: 'privatelink.table.${environment().suffixes.storage}', virtualNetworkId: network.outputs.virtualNetworkId }
}

module vaultNames 'names.bicep' = {
  params: { zone: 'privatelink.vaultcore.azure.net', virtualNetworkId: network.outputs.virtualNetworkId }
}

module registryNames 'names.bicep' = {
  params: { zone: 'privatelink.azurecr.io', virtualNetworkId: network.outputs.virtualNetworkId }
}

module policyEndpoint 'endpoint.bicep' = {
  params: {
    name: '${name}-policy'
    location: location
    subnetId: network.outputs.endpointsSubnetId
    serviceId: policyId
    part: 'table'
    zoneId: tableNames.outputs.zoneId
  }
}

module membershipEndpoint 'endpoint.bicep' = {
  params: {
    name: '${name}-membership'
    location: location
    subnetId: network.outputs.endpointsSubnetId
    serviceId: membership.outputs.id
    part: 'table'
    zoneId: tableNames.outputs.zoneId
  }
}

module vaultEndpoint 'endpoint.bicep' = {
  params: {
    name: '${name}-vault'
    location: location
    subnetId: network.outputs.endpointsSubnetId
    serviceId: vault.outputs.id
    part: 'vault'
    zoneId: vaultNames.outputs.zoneId
  }
}

module registryEndpoint 'endpoint.bicep' = {
  params: {
    name: '${name}-registry'
    location: location
    subnetId: network.outputs.endpointsSubnetId
    serviceId: registryId
    part: 'registry'
    zoneId: registryNames.outputs.zoneId
  }
}

module rights 'cluster-rights.bicep' = {
  params: {
    virtualNetwork: network.outputs.virtualNetworkName
    machinesIdentity: '${name}-machines'
    clusterPrincipalId: identities.outputs.clusterPrincipalId
    pipelinePrincipalId: pipelinePrincipalId
  }
}

module cluster 'cluster.bicep' = {
  params: {
    name: name
    location: location
    sizes: sizes
    kubernetesVersion: kubernetesVersion
    nodesSubnetId: network.outputs.nodesSubnetId
    egressId: network.outputs.egressId
    clusterIdentityId: identities.outputs.clusterId
    machinesIdentityId: identities.outputs.machinesId
    machinesClientId: identities.outputs.machinesClientId
    machinesPrincipalId: identities.outputs.machinesPrincipalId
    operatorsGroupId: operatorsGroupId
    operatorRanges: operatorRanges
    logsId: monitoring.outputs.logsId
    prometheusRuleId: monitoring.outputs.prometheusRuleId
    containersRuleId: monitoring.outputs.containersRuleId
  }
  dependsOn: [rights]
}

module federation 'federation.bicep' = {
  params: { name: name, issuer: cluster.outputs.issuer, namespace: namespace }
}

output virtualNetworkId string = network.outputs.virtualNetworkId
output fallbackAddress string = network.outputs.fallbackAddress
output ingressId string = network.outputs.ingressId
output metricsId string = monitoring.outputs.metricsId
output siloPrincipalId string = identities.outputs.siloPrincipalId
output machinesPrincipalId string = identities.outputs.machinesPrincipalId

@description('What the pipeline and the manifests need to know of the region.')
output values object = {
  location: location
  resourceGroup: resourceGroup().name
  cluster: cluster.outputs.name
  ingressName: network.outputs.ingressName
  ingressAddress: network.outputs.ingressAddress
  egressAddress: network.outputs.egressAddress
  fallbackAddress: network.outputs.fallbackAddress
  fallbackListener: 'edge.${location}.${fallbackZone}:${fallbackPort}'
  membershipUri: membership.outputs.serviceUri
  vault: vault.outputs.name
  siloClientId: identities.outputs.siloClientId
  edgeClientId: identities.outputs.edgeClientId
  ecgridClientId: identities.outputs.ecgridClientId
  metricsQueryEndpoint: monitoring.outputs.metricsQueryEndpoint
}
