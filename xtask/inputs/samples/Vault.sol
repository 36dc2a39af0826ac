// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// Keeps deposits until they may be taken out.
contract Vault {
    struct Deposit {
        uint256 amount;
        uint64 unlocksAt;
    }

    mapping(address => Deposit) private deposits;

    event Deposited(address indexed owner, uint256 amount);
    error Locked(uint64 until);

    function deposit(uint64 duration) external payable {
        require(msg.value > 0, "nothing was sent");
        deposits[msg.sender].amount += msg.value;
        deposits[msg.sender].unlocksAt = uint64(block.timestamp) + duration;
        emit Deposited(msg.sender, msg.value);
    }

    function withdraw() external {
        Deposit memory mine = deposits[msg.sender];
        if (block.timestamp < mine.unlocksAt) revert Locked(mine.unlocksAt);
        delete deposits[msg.sender];
        payable(msg.sender).transfer(mine.amount);
    }
}
