// A network a region: machines, private endpoints, the addresses that injectors and gateways see.

@description('The beginning of all names.')
param name string

param location string

@description('The /16 of the region.')
param network string

@description('Who may reach the listener: addresses, blocks or service tags.')
param injectors string[]

@description('The port of the listener.')
param listenerPort int

@description('The port of the listener for sessions that other regions pass on.')
param fallbackPort int

@description('The networks of the other regions, which are peered with this one.')
@minLength(1)
param neighbours string[]

var zones = ['1', '2', '3']

resource guard 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${name}-nodes'
  location: location
  properties: {
    securityRules: [
      {
        name: 'injectors'
        properties: {
          description: 'ECStream from those who may inject; who is admitted then is for the Peer scopes to say.'
          priority: 200
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: length(injectors) == 1 ? injectors[0] : null
          sourceAddressPrefixes: length(injectors) == 1 ? null : injectors
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: string(listenerPort)
        }
      }
      {
        name: 'passed-on'
        properties: {
          description: 'Sessions that edges of other regions pass on.'
          priority: 210
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefixes: neighbours
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: string(fallbackPort)
        }
      }
      {
        name: 'other-regions'
        properties: {
          description: 'Nothing else from there: Azure takes a peered network for our own.'
          priority: 220
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefixes: neighbours
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource virtualNetwork 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  properties: {
    addressSpace: { addressPrefixes: [network] }
    subnets: [
      {
        name: 'nodes'
        properties: {
          addressPrefix: cidrSubnet(network, 20, 0)
          networkSecurityGroup: { id: guard.id }
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(network, 24, 16)
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }

  resource nodes 'subnets' existing = { name: 'nodes' }
  resource endpoints 'subnets' existing = { name: 'endpoints' }
}

// The address that injectors know. It outlives the cluster, and each service of Kubernetes that names it.
resource ingress 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: '${name}-ingress'
  location: location
  sku: { name: 'Standard', tier: 'Regional' }
  zones: zones
  properties: {
    publicIPAllocationMethod: 'Static'
    idleTimeoutInMinutes: 30
    dnsSettings: { domainNameLabel: '${name}-${uniqueString(resourceGroup().id)}' }
  }
}

// The address that gateways see, for their lists of those who may relay.
resource egress 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: '${name}-egress'
  location: location
  sku: { name: 'Standard', tier: 'Regional' }
  zones: zones
  properties: { publicIPAllocationMethod: 'Static' }
}

@description('Of the load balancer that takes what other regions pass on: far above the addresses that machines get.')
output fallbackAddress string = cidrHost(cidrSubnet(network, 20, 0), 4000)

output virtualNetworkId string = virtualNetwork.id
output virtualNetworkName string = virtualNetwork.name
output nodesSubnetId string = virtualNetwork::nodes.id
output endpointsSubnetId string = virtualNetwork::endpoints.id
output ingressId string = ingress.id
output ingressName string = ingress.name
output ingressAddress string = ingress.properties.ipAddress
output egressId string = egress.id
output egressAddress string = egress.properties.ipAddress
