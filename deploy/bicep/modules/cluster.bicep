// Kubernetes of a region: machines over three zones, pools of their own for silos and edges.

import { size } from '../types.bicep'

@description('The beginning of all names.')
param name string

param location string
param sizes size

@description('The version of Kubernetes. From 1.35 on a pod has the zone of its machine among its labels; silos and edges read it there.')
param kubernetesVersion string

param nodesSubnetId string
param egressId string
param clusterIdentityId string
param machinesIdentityId string
param machinesClientId string
param machinesPrincipalId string

@description('The group that administers the cluster.')
param operatorsGroupId string

@description('Where operators and the pipeline work: who may reach the API of Kubernetes over the public network; empty means whoever can sign in.')
param operatorRanges string[]

param logsId string
param prometheusRuleId string
param containersRuleId string

var zones = ['1', '2', '3']

var upgrade = { maxSurge: '1', drainTimeoutInMinutes: 30 }

resource cluster 'Microsoft.ContainerService/managedClusters@2024-09-01' = {
  name: name
  location: location
  sku: { name: 'Base', tier: 'Standard' }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${clusterIdentityId}': {} }
  }
  properties: {
    dnsPrefix: name
    kubernetesVersion: kubernetesVersion
    disableLocalAccounts: true
    aadProfile: { managed: true, enableAzureRBAC: true, adminGroupObjectIDs: [operatorsGroupId] }
    apiServerAccessProfile: { authorizedIPRanges: operatorRanges }
    autoUpgradeProfile: { upgradeChannel: 'patch', nodeOSUpgradeChannel: 'NodeImage' }
    identityProfile: {
      kubeletidentity: { resourceId: machinesIdentityId, clientId: machinesClientId, objectId: machinesPrincipalId }
    }
    oidcIssuerProfile: { enabled: true }
    securityProfile: {
      workloadIdentity: { enabled: true }
      imageCleaner: { enabled: true, intervalHours: 168 }
    }
    networkProfile: {
      networkPlugin: 'azure'
      networkPluginMode: 'overlay'
      networkDataplane: 'cilium'
      networkPolicy: 'cilium'
      loadBalancerSku: 'standard'
      outboundType: 'loadBalancer'
      loadBalancerProfile: {
        outboundIPs: { publicIPs: [{ id: egressId }] }
        idleTimeoutInMinutes: 30
        allocatedOutboundPorts: 1024
      }
    }
    storageProfile: {
      diskCSIDriver: { enabled: true }
      snapshotController: { enabled: true }
    }
    addonProfiles: {
      azureKeyvaultSecretsProvider: {
        enabled: true
        config: { enableSecretRotation: 'true', rotationPollInterval: '2m' }
      }
      omsagent: {
        enabled: true
        config: { logAnalyticsWorkspaceResourceID: logsId, useAADAuth: 'true' }
      }
    }
    autoScalerProfile: { 'balance-similar-node-groups': 'true' }
    azureMonitorProfile: { metrics: { enabled: true } }
    agentPoolProfiles: [
      {
        name: 'system'
        mode: 'System'
        vmSize: sizes.system.vmSize
        count: sizes.system.minCount
        minCount: sizes.system.minCount
        maxCount: sizes.system.maxCount
        enableAutoScaling: true
        availabilityZones: zones
        vnetSubnetID: nodesSubnetId
        osSKU: 'AzureLinux'
        nodeTaints: ['CriticalAddonsOnly=true:NoSchedule']
        upgradeSettings: upgrade
      }
    ]
  }
}

// A pool of silos a zone: their volumes belong to a zone, and only a pool of one zone can be asked for a machine there.
var rolePools = [
  { name: 'silo1', role: 'silo', pool: sizes.silos, zones: ['1'] }
  { name: 'silo2', role: 'silo', pool: sizes.silos, zones: ['2'] }
  { name: 'silo3', role: 'silo', pool: sizes.silos, zones: ['3'] }
  { name: 'edge', role: 'edge', pool: sizes.edges, zones: zones }
]

// Not in the cluster's own list: they come, grow and go without a change of the cluster.
resource pools 'Microsoft.ContainerService/managedClusters/agentPools@2024-09-01' = [
  for each in rolePools: {
    name: each.name
    parent: cluster
    properties: {
      mode: 'User'
      vmSize: each.pool.vmSize
      count: each.pool.minCount
      minCount: each.pool.minCount
      maxCount: each.pool.maxCount
      enableAutoScaling: true
      availabilityZones: each.zones
      vnetSubnetID: nodesSubnetId
      osSKU: 'AzureLinux'
      nodeLabels: { 'ecstream/role': each.role }
      nodeTaints: ['ecstream/role=${each.role}:NoSchedule']
      upgradeSettings: upgrade
    }
  }
]

resource metrics 'Microsoft.Insights/dataCollectionRuleAssociations@2023-03-11' = {
  name: 'prometheus'
  scope: cluster
  properties: { dataCollectionRuleId: prometheusRuleId }
}

resource logs 'Microsoft.Insights/dataCollectionRuleAssociations@2023-03-11' = {
  name: 'containers'
  scope: cluster
  properties: { dataCollectionRuleId: containersRuleId }
}

resource record 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'record'
  scope: cluster
  properties: {
    workspaceId: logsId
    logs: [
      { category: 'kube-audit-admin', enabled: true }
      { category: 'guard', enabled: true }
    ]
  }
}

output name string = cluster.name
output issuer string = cluster.properties.oidcIssuerProfile.issuerURL
