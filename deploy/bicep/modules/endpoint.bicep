// A service of Azure within a network of ours: a private endpoint, and the name that leads to it.

@description('The name of the endpoint.')
param name string

param location string

param subnetId string

@description('What it leads to.')
param serviceId string

@description('Which part of it: table, vault, registry.')
param part string

@description('The private zone of its name, linked to the network.')
param zoneId string

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: name
        properties: { privateLinkServiceId: serviceId, groupIds: [part] }
      }
    ]
  }

  resource names 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: part
          properties: { privateDnsZoneId: zoneId }
        }
      ]
    }
  }
}
