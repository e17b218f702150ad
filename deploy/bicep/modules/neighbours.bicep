// The way from a region to the others: over Azure's own network, for sessions that edges pass on.

import { neighbour } from '../types.bicep'

@description('The region\'s network.')
param network string

param others neighbour[]

resource virtualNetwork 'Microsoft.Network/virtualNetworks@2024-05-01' existing = { name: network }

resource peerings 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings@2024-05-01' = [
  for other in others: {
    parent: virtualNetwork
    name: other.name
    properties: {
      remoteVirtualNetwork: { id: other.id }
      allowVirtualNetworkAccess: true
      allowForwardedTraffic: false
      allowGatewayTransit: false
      useRemoteGateways: false
    }
  }
]
