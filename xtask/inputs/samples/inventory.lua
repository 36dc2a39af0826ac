-- What a player carries.
local Inventory = {}
Inventory.__index = Inventory

function Inventory.new(limit)
  return setmetatable({ limit = limit or 10, items = {} }, Inventory)
end

function Inventory:add(name, count)
  count = count or 1
  if self:size() + count > self.limit then
    return nil, "it is full"
  end
  self.items[name] = (self.items[name] or 0) + count
  return true
end

function Inventory:size()
  local total = 0
  for _, count in pairs(self.items) do
    total = total + count
  end
  return total
end

local mine = Inventory.new(3)
print(mine:add("lamp"))
print(mine:add("rope", 5))
print(string.format("%d of %d", mine:size(), mine.limit))
return Inventory
